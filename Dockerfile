# syntax=docker/dockerfile:1
# Two stages: the first has the build tools, the second what runs, as a user without rights.

FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /venv
COPY requirements/bootstrap.lock requirements/runtime.lock requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/bootstrap.lock \
    && uv pip install --no-cache --python /venv/bin/python --compile-bytecode \
        --require-hashes -r requirements/runtime.lock
COPY . .
RUN hatchling build -t wheel \
    && uv pip install --no-cache --python /venv/bin/python --no-deps dist/*.whl

FROM python:3.11-slim
LABEL org.opencontainers.image.title="Pegel" org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PEGEL_WEB_HOST=0.0.0.0 PEGEL_WALL_HOST=0.0.0.0
RUN useradd --system --uid 10001 --no-create-home pegel
COPY --from=build /venv /venv
USER pegel
EXPOSE 6066 6080
# A worker drains on SIGTERM within ten seconds; give it a little more.
STOPSIGNAL SIGTERM
ENTRYPOINT ["pegel"]
CMD ["worker"]
