#!/bin/sh
# Sends a task to the connector over HTTP, and shows its job.
#
#   CONNECTOR_TOKEN=… send_task.sh https://connector.example orders.import '{"store": "corner", "order": "4711"}'
#
# The Idempotency-Key makes it safe to run again after an answer that was lost: choose one per thing that happened.
set -eu
gateway=$1 task=$2 keywords=$3
curl --silent --show-error --fail-with-body --max-time 10 --retry 3 \
    --header "Authorization: Bearer $CONNECTOR_TOKEN" \
    --header "Content-Type: application/json" \
    --header "Idempotency-Key: $(printf '%s' "$task $keywords" | sha256sum | cut -c 1-64)" \
    --data "$keywords" "$gateway/v1/tasks/$task"
