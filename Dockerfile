FROM python:3.11-slim

WORKDIR /app
COPY deploy/requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && useradd --system --no-create-home --home-dir /nonexistent connector
USER connector
CMD ["connector", "--help"]
