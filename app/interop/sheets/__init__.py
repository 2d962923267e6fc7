"""The one reader of sheets that people have: files, where the table is, what columns and cells mean."""
