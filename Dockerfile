# The API. Neo4j runs elsewhere: NEO4J_URI names it, docker-compose.yml brings one.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements/build.txt requirements/runtime.txt requirements/
RUN python -m venv /opt/build && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements/build.txt
RUN python -m venv /opt/lineage && /opt/lineage/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY graph_schema graph_schema
COPY queries queries
COPY registry registry
RUN /opt/build/bin/python -m build --wheel --no-isolation --outdir dist
RUN /opt/lineage/bin/pip install --no-cache-dir --no-deps --no-index dist/*.whl

FROM python:3.13-slim
COPY --from=build /opt/lineage /opt/lineage
COPY LICENSE NOTICE /usr/share/doc/lineage-registry/
# In a container the address is the container's own; what reaches it is decided by the published ports. It starts with a
# certificate (LINEAGE_TLS_CERT_FILE, LINEAGE_TLS_KEY_FILE), or where LINEAGE_PLAIN_HTTP=1 says that a proxy has one.
# State is a file about the running process, so it may go with the container.
ENV PATH=/opt/lineage/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    LINEAGE_HOST=0.0.0.0 \
    LINEAGE_PORT=8765 \
    LINEAGE_LOG_FORMAT=json \
    LINEAGE_DATA_DIR=/tmp/lineage/data \
    LINEAGE_CACHE_DIR=/tmp/lineage/cache \
    LINEAGE_LOG_DIR=/tmp/lineage/log
USER 10001:10001
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['LINEAGE_PORT']}/readyz\", timeout=4)"]
ENTRYPOINT ["lineage"]
CMD ["up"]
