-- A reserving limiter: a caller always gets the calls it asks for, and the moment from which it may make them.
--
-- Keys (one per bucket, the budget of one credential at one vendor):
--   limit:<bucket>   hash; expires a day after its last use, then the configured budget applies again. Times are
--                    microseconds of Redis's own clock.
--     tat:exports, tat:live, tat:history   per share: when its next call is due at an even rate
--     exports_at, live_at                  when work of lane 0, and of lane 0 or 1, was last seen
--     blocked, strikes                     no call before this moment; throttled answers since the last success
--     calls, window                        the budget from the vendor's headers (calls, microseconds)
--     speed, cut_at, ceiling               without such a budget: the part of the configured one that we use, since
--                                          when, and the part at which the vendor refused
--     credit, credit_at                    calls that were reserved, not made and given back; when the last ones were
--     pace, pace_until                     calls per microsecond that the rest of the vendor's window allows
--
-- Why no window gets more calls than the budget: the budget is divided into three shares, each with its own GCRA
-- (generic cell rate algorithm). Each call is charged to the share that lets it pass, at that moment. Bursts and rate
-- together stay below the budget for reservations of up to four calls; larger ones can exceed it by the calls above
-- four.
--
-- ARGV: operation, configured calls, configured window, then the arguments in the operation's comment.

local SHARES = { exports = 0.2, live = 0.3, history = 0.5 }
local PREFERRED = {
  [0] = { "exports", "live", "history" },
  [1] = { "live", "history", "exports" },
  [2] = { "history", "live", "exports" },
}
local SECOND = 1000000
local RECENT = 5 * SECOND -- the share of work seen within this time is kept free
local KEEP_SECONDS = 86400
local BURST = 0.02 -- part of the budget that may pass at one moment, at least one call per share
local SPARE = 0.01 -- part of the budget never given out, at least 3 calls: the calls of one reservation pass together
local TOLD_SPARE = 1 -- the same minimum for a budget from headers: the headers warn in time when it nears its end
local COARSE, FINE = 0.7, 0.95 -- a refusal reduces the estimate to this part; FINE near the last ceiling, else COARSE
local ONCE = 10 * SECOND -- refusals within this time after a reduction belong to the calls that caused it
local NEAR = 0.9 -- from this part of the last ceiling, a refusal confirms the ceiling
local CLIMB = 60 * SECOND -- after this time without a refusal, the estimate is back at its ceiling
local REGROW = 300 * SECOND -- and after this much more time, it has doubled
local LENT = 1 * SECOND -- how long a call that was given back can be taken by others
local COMMON_WINDOWS = { 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 86400 } -- seconds
local FIRST_BLOCK, LONGEST_BLOCK = 1 * SECOND, 60 * SECOND -- after a refusal that does not say how long

local clock = redis.call("TIME")
local now = tonumber(clock[1]) * SECOND + tonumber(clock[2])
local configured = { calls = tonumber(ARGV[2]), window = tonumber(ARGV[3]) }

-- Without headers the true budget is unknown. The estimate stays just below the last refusal most of the time.
local function estimate(state)
  local speed, ceiling, age = state.speed or 1, state.ceiling or 1, now - (state.cut_at or now)
  if age < CLIMB then
    return speed + (ceiling - speed) * age / CLIMB
  end
  return math.min(1, ceiling * (1 + (age - CLIMB) / REGROW))
end

local function load(key)
  local state, flat = {}, redis.call("HGETALL", key)
  for i = 1, #flat, 2 do
    state[flat[i]] = tonumber(flat[i + 1])
  end
  state.speed = estimate(state)
  local budget = (state.calls or configured.calls) * state.speed
  local burst = math.max(3, BURST * budget)
  local spare = math.max(state.calls and TOLD_SPARE or 3, SPARE * budget)
  local usable = math.max(budget - burst - spare, budget / 2)
  state.burst, state.spare = burst, spare
  state.step = (state.window or configured.window) / usable
  state.blocked = math.max(state.blocked or 0, now)
  return state
end

local function save(key, fields)
  for name, value in pairs(fields) do
    redis.call("HSET", key, name, string.format("%.17g", value))
  end
  redis.call("EXPIRE", key, KEEP_SECONDS)
end

-- A share's clock, and how long before it the next call may pass because the share was idle.
local function clock_of(state, share)
  local base = math.max(state["tat:" .. share] or 0, state.blocked)
  return base, math.max(0, SHARES[share] * state.burst - 1) * state.step / SHARES[share]
end

-- A share's clock after one more call. The rest of the vendor's window may require larger steps, but none past its end.
local function advanced(state, share, base)
  local step = state.step / SHARES[share]
  if base < (state.pace_until or 0) then
    return math.max(base + step, math.min(base + 1 / (state.pace * SHARES[share]), state.pace_until))
  end
  return base + step
end

local function open_shares(state, lane)
  if lane == 2 and now - (state.live_at or 0) < RECENT then
    return { "history" }
  elseif lane > 0 and now - (state.exports_at or 0) < RECENT then
    return { "live", "history" }
  end
  return PREFERRED[lane]
end

-- The shares that are kept free for others, but lend a call while theirs has not been used up to now. An even rate that
-- nobody uses would be lost otherwise. A lender keeps at least one call that may pass at once.
local function lending_shares(state, lane)
  local lending = {}
  if lane == 2 and now - (state.live_at or 0) < RECENT then
    lending = now - (state.exports_at or 0) < RECENT and { "live" } or { "live", "exports" }
  end
  return lending
end

local function lends(state, share)
  local base, slack = clock_of(state, share)
  return base <= now and slack >= state.step / SHARES[share]
end

-- Charge one call to the share that lets it pass first, or to a lender if it would have to wait; returns that moment.
local function place(state, open, lending)
  local best, best_ready, best_base
  for _, share in ipairs(open) do
    local base, slack = clock_of(state, share)
    local ready = math.max(base - slack, state.blocked)
    if not best or ready < best_ready then
      best, best_ready, best_base = share, ready, base
    end
  end
  for _, share in ipairs(lending) do
    if best_ready > now and lends(state, share) then
      best, best_ready, best_base = share, now, now
    end
  end
  state["tat:" .. best] = advanced(state, best, best_base)
  return best_ready
end

-- Calls that were given back recently. They were charged already, and are never more than the spare part.
local function credit_of(state)
  return state.blocked <= now and now - (state.credit_at or 0) < LENT and state.credit or 0
end

local operations = {}

-- calls, lane, longest wait (microseconds, -1: any) -> microseconds to wait; reserves nothing if that is longer
function operations.reserve()
  local calls, lane, longest_wait = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
  local state = load(KEYS[1])
  local open, lending = open_shares(state, lane), lending_shares(state, lane)
  local ready, credit = now, credit_of(state)
  local taken = math.min(calls, credit)
  for _ = 1, calls - taken do
    ready = math.max(ready, place(state, open, lending))
  end
  if longest_wait >= 0 and ready - now > longest_wait then
    return math.ceil(ready - now)
  end
  save(KEYS[1], {
    ["tat:exports"] = state["tat:exports"],
    ["tat:live"] = state["tat:live"],
    ["tat:history"] = state["tat:history"],
    exports_at = lane == 0 and now or nil,
    live_at = lane <= 1 and now or nil,
    credit = taken > 0 and credit - taken or nil,
  })
  return math.ceil(ready - now)
end

-- calls that were reserved and are due, but are not made
function operations.give_back()
  local state = load(KEYS[1])
  local credit = math.min(credit_of(state) + tonumber(ARGV[4]), math.floor(state.spare))
  save(KEYS[1], { credit = credit, credit_at = now })
  return 0
end

-- The calls that become free for a lane until a moment.
local function free_until(state, lane, ahead)
  local step = state.step
  if (state.pace_until or 0) > now then
    step = math.max(step, 1 / state.pace)
  end
  local free = credit_of(state)
  for _, share in ipairs(open_shares(state, lane)) do
    local part = SHARES[share]
    local base, slack = clock_of(state, share)
    if math.max(base - slack, state.blocked) <= ahead then
      free = free + math.floor((ahead - base + slack) * part / step) + 1
    end
  end
  for _, share in ipairs(lending_shares(state, lane)) do
    if lends(state, share) then
      free = free + math.floor((ahead - now) * SHARES[share] / step) + 1
    end
  end
  return free
end

-- microseconds ahead, lane -> per key, the calls that become free for the lane until then
function operations.allowance()
  local free, ahead, lane = {}, now + tonumber(ARGV[4]), tonumber(ARGV[5])
  for i, key in ipairs(KEYS) do
    free[i] = free_until(load(key), lane, ahead)
  end
  return free
end

-- -> calls of the budget, its window, the calls of it that are free within one window, microseconds until calls are taken
function operations.outlook()
  local state = load(KEYS[1])
  local window = state.window or configured.window
  local calls = math.floor((state.calls or configured.calls) * state.speed)
  local free = math.min(calls, free_until(state, 0, now + window))
  return { calls, window, math.max(0, free), math.ceil(state.blocked - now) }
end

-- -> microseconds until the vendor takes calls again, throttled answers since the last success
function operations.blocked()
  local blocked, strikes = unpack(redis.call("HMGET", KEYS[1], "blocked", "strikes"))
  return { math.ceil(math.max(0, tonumber(blocked or 0) - now)), tonumber(strikes or 0) }
end

-- A vendor's window is usually a round number. The headers are up to a second off, because they round.
local function rounded(window)
  for _, seconds in ipairs(COMMON_WINDOWS) do
    if math.abs(seconds * SECOND - window) <= SECOND then
      return seconds * SECOND
    end
  end
  return window
end

local function told_budget(state, fields, limit, remaining, reset)
  if limit > 0 then
    -- In the middle of a window, an answer shows only the rest of it: the longest rest seen is the window.
    local known = state.calls == limit and state.window or 0
    fields.calls, fields.speed, fields.ceiling, fields.cut_at = limit, 1, 1, now
    fields.window = reset > 0 and rounded(math.max(known, reset, SECOND)) or state.window
  end
  if remaining > 0 and reset > 0 then
    -- The reset is given in whole seconds, perhaps rounded up.
    fields.pace, fields.pace_until = remaining / math.max(reset - SECOND, reset / 2), now + reset
  end
end

local function refused(state, fields, pause)
  local strikes = state.strikes or 0
  -- Refusals of calls that were running when the block began say nothing new, unless they name a time.
  if state.blocked <= now then
    fields.strikes = strikes + 1
    if strikes == 0 and not (state.calls or fields.calls) and now - (state.cut_at or 0) >= ONCE then
      local confirms = state.ceiling and state.speed >= NEAR * state.ceiling
      fields.speed, fields.ceiling = state.speed * (confirms and FINE or COARSE), state.speed
      fields.cut_at = now
    end
    pause = pause < 0 and math.min(LONGEST_BLOCK, FIRST_BLOCK * 2 ^ strikes) or pause
  end
  if pause >= 0 then
    fields.blocked = math.max(state.blocked, now + pause)
  end
end

-- throttled, then (-1: not given) pause, limit, remaining, reset; pause and reset in microseconds
function operations.learn()
  local throttled, pause = ARGV[4] == "1", tonumber(ARGV[5])
  local limit, remaining, reset = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
  local state, fields = load(KEYS[1]), {}
  told_budget(state, fields, limit, remaining, reset)
  if pause < 0 and remaining == 0 and reset > 0 then
    pause = reset
  end
  if throttled then
    refused(state, fields, pause)
  elseif remaining == 0 and pause >= 0 then
    fields.blocked = math.max(state.blocked, now + pause)
  elseif state.blocked <= now and (state.strikes or 0) > 0 then
    fields.strikes = 0
  end
  if next(fields) then
    save(KEYS[1], fields)
  end
  return 0
end

return operations[ARGV[1]]()
