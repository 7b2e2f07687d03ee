# One image for web, worker and migrate. Node comes as a Python package here too, so one base image is enough.
FROM python:3.13-slim AS page
WORKDIR /earshot
COPY requirements-build.lock ./
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY scripts/with-node scripts/with-node
COPY web/package.json web/package-lock.json web/
RUN . scripts/with-node && cd web && npm ci
COPY web web
RUN . scripts/with-node && cd web && npm run build

FROM python:3.13-slim AS packages
COPY requirements.lock ./
RUN python -m venv /opt/earshot && /opt/earshot/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data earshot
WORKDIR /earshot
ENV PATH=/opt/earshot/bin:$PATH PYTHONUNBUFFERED=1 HOST=0.0.0.0 PORT=8000 DATA_DIR=/data LOG_FORMAT=json
COPY --from=packages /opt/earshot /opt/earshot
COPY --from=page /earshot/web/dist web/dist
COPY migrations migrations
COPY inbox inbox
COPY workers workers
RUN python -m compileall -q inbox workers
USER earshot
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["python", "-m", "inbox"]
CMD ["serve"]
