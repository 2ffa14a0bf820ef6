# The site, its worker and the command line, without PyTorch: `docker build --tag ai-image-detector .`
FROM python:3.13-slim AS packages
COPY locks/serve.txt locks/scale.txt /locks/
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes --no-deps --no-compile --no-cache-dir --only-binary :all: \
        --requirement /locks/serve.txt --requirement /locks/scale.txt \
    && /venv/bin/pip uninstall --yes pip
# What nothing here uses: tests, headers, and drivers of devices that a container does not see.
RUN cd /venv/lib/python3.13/site-packages && rm -rf \
    pyarrow/include pyarrow/src pyarrow/tests scipy/*/tests scipy/*/*/tests \
    openvino/libs/libopenvino_intel_gpu_plugin.so openvino/libs/libopenvino_intel_npu_plugin.so

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data detector \
    && install --directory --owner detector --mode 0700 /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py CHANGELOG.md LICENSE ./
COPY docs/accuracy/report.json docs/accuracy/
COPY templates templates
COPY static static
COPY ai_image_detector ai_image_detector
COPY detector detector
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data
USER 10001
VOLUME /data
EXPOSE 8000
# Any answer will do: to a name that the site does not answer to, it says 400.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-c", "import http.client; web = http.client.HTTPConnection('127.0.0.1', 8000, timeout=5); web.request('GET', '/healthz'); raise SystemExit(web.getresponse().status >= 500)"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0"]
