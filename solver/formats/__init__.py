"""The public JSON formats: tongchou.problem/1 and tongchou.plan/1."""
