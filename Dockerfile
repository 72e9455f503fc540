# One image for the dashboard and its workers. Built in two steps: the tools that install do not come along.
FROM python:3.12-slim AS built
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv
WORKDIR /app
COPY pyproject.toml uv.lock* README.md LICENSE ./
# the libraries first: they are built again only when the list of them changes
RUN uv sync --no-dev --no-install-project
COPY . .
RUN uv sync --no-dev

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin anaquel \
    && install -d -o anaquel -g anaquel /var/lib/anaquel
COPY --from=built /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 ANAQUEL_HOME=/var/lib/anaquel HOME=/tmp
USER 10001
VOLUME /var/lib/anaquel
EXPOSE 8000
# the dashboard's; workers tell of themselves by their heartbeat in the database (anaquel_workers at /metrics)
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["anaquel", "serve", "--address", "0.0.0.0", "--port", "8000"]
