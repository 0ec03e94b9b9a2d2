-- A reserving limiter: who asks for calls gets them, and hears from which moment they are his.
--
-- Keys (one per bucket, the budget of one credential at one vendor):
--   limit:<bucket>   hash; goes a day after its last use, and then the configured budget holds again. Times are
--                    microseconds of Redis's own clock.
--     tat:exports, tat:live, tat:history   per share: the moment from which the next call is due at the even rate
--     exports_at, live_at                  when work of lane 0, of lane 0 or 1, was last seen
--     blocked, strikes                     no call before this moment; throttled answers since the last good one
--     calls, window                        the budget as the vendor told it (calls, microseconds)
--     speed, cut_at, ceiling               without a told budget: the part of the configured one believed in, since when,
--                                          and the part at which the vendor refused
--     credit, credit_at                    calls that were reserved, not sent, and given back; when the last of them were
--     pace, pace_until                     calls per microsecond that the rest of the vendor's window allows
--
-- Why no window ever gets more than the budget: the budget is divided into three shares, each a GCRA of its own, and a
-- call is charged to the share it passes through, at the moment it passes. Bursts and rate together stay below the
-- budget, for reservations of up to four calls; larger ones can exceed it by what they have more.
--
-- ARGV: operation, configured calls, configured window, then what the operation names.

local SHARES = { exports = 0.2, live = 0.3, history = 0.5 }
local PREFERRED = {
  [0] = { "exports", "live", "history" },
  [1] = { "live", "history", "exports" },
  [2] = { "history", "live", "exports" },
}
local SECOND = 1000000
local RECENT = 5 * SECOND -- work seen less than this ago has its share kept free
local KEEP_SECONDS = 86400
local BURST = 0.02 -- of the budget may pass at one moment, at least a call per share
local SPARE = 0.01 -- of the budget is not given out, at least 3 calls: those of one reservation pass together
local TOLD_SPARE = 1 -- of a told budget at least so many calls: its headers say in time when it nears its end
local COARSE, FINE = 0.7, 0.95 -- what a refusal leaves of the believed budget; fine where it was refused before
local ONCE = 10 * SECOND -- refusals within this time of a cut are of the calls that led to it
local NEAR = 0.9 -- from this part of the last ceiling on, a refusal confirms it
local CLIMB = 60 * SECOND -- in this time without a refusal the belief is back at its ceiling
local REGROW = 300 * SECOND -- and in this time more it doubles
local LENT = 1 * SECOND -- so long a call that was given back can be taken by somebody else
local CHOSEN = { 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 86400 } -- seconds
local FIRST_BLOCK, LONGEST_BLOCK = 1 * SECOND, 60 * SECOND -- after a refusal that does not say how long

local clock = redis.call("TIME")
local now = tonumber(clock[1]) * SECOND + tonumber(clock[2])
local configured = { calls = tonumber(ARGV[2]), window = tonumber(ARGV[3]) }

-- Nobody tells the true budget: most of the time is to be spent just below where it was refused.
local function believed(state)
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
  state.speed = believed(state)
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

-- Of a share: where its clock stands, and how far before that its next call may pass because it was idle.
local function clock_of(state, share)
  local base = math.max(state["tat:" .. share] or 0, state.blocked)
  return base, math.max(0, SHARES[share] * state.burst - 1) * state.step / SHARES[share]
end

-- Where a share's clock stands after one more call. What is left of the vendor's window may ask for larger steps, but
-- for none beyond its end.
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

-- Charge one call to the share that passes it first; answers that moment.
local function place(state, open)
  local best, best_ready, best_base
  for _, share in ipairs(open) do
    local base, slack = clock_of(state, share)
    local ready = math.max(base - slack, state.blocked)
    if not best or ready < best_ready then
      best, best_ready, best_base = share, ready, base
    end
  end
  state["tat:" .. best] = advanced(state, best, best_base)
  return best_ready
end

-- Calls that were given back just now. They passed their share: never more than what is not given out otherwise.
local function credit_of(state)
  return state.blocked <= now and now - (state.credit_at or 0) < LENT and state.credit or 0
end

local operations = {}

-- calls, lane, patience (microseconds, -1: any) -> microseconds to wait; takes nothing when that is longer
function operations.reserve()
  local calls, lane, patience = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
  local state = load(KEYS[1])
  local open, ready, credit = open_shares(state, lane), now, credit_of(state)
  local taken = math.min(calls, credit)
  for _ = 1, calls - taken do
    ready = math.max(ready, place(state, open))
  end
  if patience >= 0 and ready - now > patience then
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

-- calls: they were reserved, their moment has come, and they are not sent
function operations.give_back()
  local state = load(KEYS[1])
  local credit = math.min(credit_of(state) + tonumber(ARGV[4]), math.floor(state.spare))
  save(KEYS[1], { credit = credit, credit_at = now })
  return 0
end

-- microseconds ahead, lane -> per key, the calls that come free for the lane until then
function operations.allowance()
  local free, ahead, lane = {}, now + tonumber(ARGV[4]), tonumber(ARGV[5])
  for i, key in ipairs(KEYS) do
    local state = load(key)
    local step = state.step
    if (state.pace_until or 0) > now then
      step = math.max(step, 1 / state.pace)
    end
    free[i] = credit_of(state)
    for _, share in ipairs(open_shares(state, lane)) do
      local part = SHARES[share]
      local base, slack = clock_of(state, share)
      if math.max(base - slack, state.blocked) <= ahead then
        free[i] = free[i] + math.floor((ahead - base + slack) * part / step) + 1
      end
    end
  end
  return free
end

-- -> microseconds until calls are taken again, throttled answers since the last good one
function operations.blocked()
  local blocked, strikes = unpack(redis.call("HMGET", KEYS[1], "blocked", "strikes"))
  return { math.ceil(math.max(0, tonumber(blocked or 0) - now)), tonumber(strikes or 0) }
end

-- A vendor's window is a number that people choose. What its headers tell of it is up to a second off: they round.
local function chosen(window)
  for _, seconds in ipairs(CHOSEN) do
    if math.abs(seconds * SECOND - window) <= SECOND then
      return seconds * SECOND
    end
  end
  return window
end

local function told_budget(state, fields, limit, remaining, reset)
  if limit > 0 then
    -- An answer in mid-window shows the rest of it only: the longest rest seen is the window.
    local known = state.calls == limit and state.window or 0
    fields.calls, fields.speed, fields.ceiling, fields.cut_at = limit, 1, 1, now
    fields.window = reset > 0 and chosen(math.max(known, reset, SECOND)) or state.window
  end
  if remaining > 0 and reset > 0 then
    -- The reset is told in whole seconds, rounded up perhaps.
    fields.pace, fields.pace_until = remaining / math.max(reset - SECOND, reset / 2), now + reset
  end
end

local function refused(state, fields, pause)
  local strikes = state.strikes or 0
  -- Refusals of calls that were under way when the block began tell nothing new, unless they name a time.
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

-- throttled, then (-1: not told) pause, limit, remaining, reset; pause and reset in microseconds
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
