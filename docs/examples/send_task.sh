#!/bin/sh
# Sends a task to the connector over HTTP, and shows its job.
#
#   CONNECTOR_TOKEN=… send_task.sh https://connector.example orders.import '{"store": "corner", "order": "4711"}' KEY
#
# KEY is the Idempotency-Key: it makes it safe to run again after an answer that was lost. Choose one per thing that
# happened ("order-4711-paid"): the same thing again bears the same key, the next news of the same order another one.
set -eu
if [ $# -ne 4 ] || [ -z "${CONNECTOR_TOKEN:-}" ]; then
    echo "usage: CONNECTOR_TOKEN=TOKEN send_task.sh GATEWAY TASK KEYWORDS KEY; the head of this file has an example" >&2
    exit 2
fi
gateway=$1 task=$2 keywords=$3 key=$4
curl --silent --show-error --fail-with-body --max-time 10 --retry 3 \
    --header "Authorization: Bearer $CONNECTOR_TOKEN" \
    --header "Content-Type: application/json" \
    --header "Idempotency-Key: $key" \
    --data "$keywords" "$gateway/v1/tasks/$task"
