# The packages are installed in a stage of their own: pip, the sources and what builds them are not in the image.
FROM python:3.11-slim AS build

WORKDIR /build
COPY deploy/requirements.txt .
RUN python -m venv /opt/connector && /opt/connector/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN /opt/connector/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/connector/bin/pip uninstall --yes setuptools pip

FROM python:3.11-slim

COPY --from=build /opt/connector /opt/connector
ENV PATH=/opt/connector/bin:$PATH
# A number, so that Kubernetes can tell that it is not root. It owns nothing and needs no home: no process writes a file.
USER 10001:10001
CMD ["connector", "--help"]
