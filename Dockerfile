# Tongchou as one image. SQLite on the volume /data by default, PostgreSQL by TONGCHOU_DATABASE_URL.
FROM python:3.12-slim AS build
WORKDIR /source
RUN python -m venv /opt/tongchou
COPY locks/service.txt locks/service.txt
RUN /opt/tongchou/bin/pip install --no-cache-dir --require-hashes -r locks/service.txt
COPY pyproject.toml README.md ./
COPY app app
COPY solver solver
COPY migrations migrations
RUN /opt/tongchou/bin/pip install --no-cache-dir --no-deps .

FROM python:3.12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --uid 10001 tongchou \
    && install -d -o tongchou /data
COPY --from=build /opt/tongchou /opt/tongchou
USER tongchou
WORKDIR /home/tongchou
ENV PATH=/opt/tongchou/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TONGCHOU_DATABASE_URL=sqlite:////data/tongchou.db
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["sh", "-c", "tongchou migrate && exec tongchou serve --host 0.0.0.0 --port 8000"]
