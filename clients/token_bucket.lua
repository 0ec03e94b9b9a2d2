-- A token bucket: it holds a whole window's calls, which may be taken at once, and fills again at an even rate.
--
-- Keys (one per bucket):
--   bucket:<bucket>   hash; expires once the bucket would be full again. Times are microseconds of Redis's own clock.
--     level           calls left at that moment; below zero after a request that was larger than what was left
--     at              the moment
--
-- ARGV: calls of a full bucket, window (microseconds), calls to take, 1: take them only if at least one is left
--
-- -> microseconds until one call is left (0: the calls were taken)

local SECOND = 1000000
local clock = redis.call("TIME")
local now = tonumber(clock[1]) * SECOND + tonumber(clock[2])
local size, window, calls, only_if_left = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == "1"

local known = redis.call("HMGET", KEYS[1], "level", "at")
local level, at = tonumber(known[1]) or size, tonumber(known[2]) or now
level = math.min(size, level + math.max(0, now - at) * size / window)

if only_if_left and level < 1 then
  return math.ceil((1 - level) * window / size)
end
level = level - calls
redis.call("HSET", KEYS[1], "level", string.format("%.17g", level), "at", string.format("%.0f", now))
redis.call("EXPIRE", KEYS[1], math.ceil((size - level) * window / size / SECOND) + 1)
return 0
