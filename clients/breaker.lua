-- A circuit breaker: after several failures in a row, no calls for a while; then one call tries.
--
-- Keys (one per bucket, a credential at one vendor):
--   breaker:<bucket>   hash; expires ten minutes after the last failure, and is deleted at the first success. Times
--                      are microseconds of Redis's own clock.
--     failures         failed calls in a row
--     since            when the first of them failed
--     open_until       no call before this moment
--     pause            length of the last pause
--     probing          1 while the one allowed try is running
--
-- check:  ARGV "check"                                       -> microseconds to wait (0: call), since, failures
-- peek:   ARGV "peek"                                        -> the same; the one try is left to others
-- record: ARGV "record", 1 or 0 (good, failed), failures to open, first pause, longest pause

local KEEP_SECONDS = 600
local key = KEYS[1]
local clock = redis.call("TIME")
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local values = redis.call("HMGET", key, "failures", "open_until", "pause", "probing", "since")
local failures, open_until, pause = tonumber(values[1] or 0), tonumber(values[2] or 0), tonumber(values[3] or 0)
local probing = values[4] == "1"
local since = tonumber(values[5] or now)

local function save(...)
  redis.call("HSET", key, ...)
  redis.call("EXPIRE", key, KEEP_SECONDS)
end

local function open_for(length, is_probing)
  save("open_until", string.format("%.0f", now + length), "pause", length, "probing", is_probing)
end

if ARGV[1] == "peek" then
  return {math.max(0, open_until - now), since, failures}
end

if ARGV[1] == "check" then
  if open_until > now then
    return {open_until - now, since, failures}
  end
  if open_until > 0 then
    -- One call tries. The others wait one pause, for its result or, if it never reports, for the next try.
    open_for(pause, 1)
  end
  return {0, since, failures}
end

if ARGV[2] == "1" then
  redis.call("DEL", key)
elseif open_until <= now or probing then
  -- Failures of calls that were running when the breaker opened are not counted: they say nothing new.
  save("failures", failures + 1, "since", string.format("%.0f", since))
  if failures + 1 >= tonumber(ARGV[3]) then
    open_for(pause > 0 and math.min(pause * 2, tonumber(ARGV[5])) or tonumber(ARGV[4]), 0)
  end
end
return 0
