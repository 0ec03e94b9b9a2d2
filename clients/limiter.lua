-- The budget of one credential at one vendor. All time is Redis's own, in seconds.
--
-- KEYS[1]  limit:<bucket>   hash, expires after a day unused
--   calls, window           the budget: so many calls in so many seconds, as configured or learned
--   tat                     theoretical arrival time: up to when the budget is given away (no headers known)
--   tat_history, tat_import the same for the shares of history and of all imports
--   remaining, reset_at     the vendor's own window, once its headers told it; remaining falls below zero
--                           when calls of later windows are given away
--   blocked_until, strikes  the vendor asked for a pause; how often in a row without naming its length
--   grown_at                when a budget lowered by bare refusals was last raised
--   live_seen, export_seen  when lanes 0-1 and lane 0 last asked
--
-- ARGV: operation, then
--   reserve: default calls, default window, calls wanted, lane        -> seconds to wait
--   allow:   default calls, default window, seconds ahead             -> calls free by then
--   headers: default calls, default window, limit, remaining, reset seconds
--   refused: default calls, default window, pause in seconds or ''
--   grow:    default calls, default window (a call went well: a lowered budget may rise a little)
local key = KEYS[1]
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local operation, default_calls, default_window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

local function get(field)
  return tonumber(redis.call('HGET', key, field) or '') or nil
end

local function set(...)
  redis.call('HSET', key, ...)
  redis.call('EXPIRE', key, 86400)
end

local calls, window = get('calls') or default_calls, get('window') or default_window
local blocked = get('blocked_until') or 0

-- The vendor's window, rolled forward to the one we are in: each new one brings its calls.
local function vendor_window()
  local remaining, reset_at = get('remaining'), get('reset_at')
  if not remaining then return nil end
  if reset_at <= now then
    local passed = math.floor((now - reset_at) / window) + 1
    remaining = math.min(calls, remaining + passed * calls)
    reset_at = reset_at + passed * window
    set('remaining', remaining, 'reset_at', reset_at)
  end
  return remaining, reset_at
end

local burst = math.max(1, math.floor(calls * 0.05))
local interval = window / math.max(1, calls - burst)

-- What lane may not touch: history leaves half to the living, imports leave a fifth to exports.
local function kept_back(lane)
  if lane == 2 and (get('live_seen') or 0) > now - 10 then return 0.5, 'tat_history' end
  if lane >= 1 and (get('export_seen') or 0) > now - 10 then return 0.2, 'tat_import' end
  return 0, nil
end

local function take_spaced(field, n, step)
  local tat = math.max(get(field) or 0, now)
  set(field, tat + n * step)
  return math.max(0, tat + n * step - burst * step - now)
end

if operation == 'reserve' then
  local n, lane = tonumber(ARGV[4]), tonumber(ARGV[5])
  if lane <= 1 then set('live_seen', now) end
  if lane == 0 then set('export_seen', now) end
  local share, field = kept_back(lane)
  local wait
  local remaining, reset_at = vendor_window()
  if remaining then
    remaining = remaining - n
    set('remaining', remaining)
    local lacking = calls * share - remaining
    wait = 0
    if lacking > 0 then
      wait = reset_at - now + math.floor((lacking - 1) / math.max(1, calls * (1 - share))) * window + 0.05
    end
  else
    wait = take_spaced('tat', n, interval)
    if field then wait = math.max(wait, take_spaced(field, n, interval / (1 - share))) end
  end
  return tostring(math.max(wait, blocked - now, 0))
end

if operation == 'allow' then
  local ahead = tonumber(ARGV[4])
  if blocked > now + ahead then return 0 end
  local remaining, reset_at = vendor_window()
  if remaining then
    if reset_at <= now + ahead then remaining = remaining + calls end
    return math.max(0, math.floor(remaining))
  end
  local tat = math.max(get('tat') or 0, now)
  return math.max(0, math.floor((now + ahead + burst * interval - tat) / interval))
end

if operation == 'headers' then
  local limit, told, reset = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
  local remaining, reset_at = vendor_window()
  if limit then calls = limit; set('calls', limit) end
  if told and reset then
    if not remaining or reset > window then window = math.max(reset, 1); set('window', window) end
    if remaining and math.abs(reset_at - (now + reset)) < window / 2 then told = math.min(told, remaining) end
    set('remaining', told, 'reset_at', now + reset, 'strikes', 0)
  end
  return 0
end

if operation == 'refused' then
  local pause = tonumber(ARGV[4])
  local strikes = get('strikes') or 0
  if not pause then
    pause = math.min(60, 2 ^ strikes)
    if (get('grown_at') or 0) < now - 1 then set('calls', math.max(1, math.floor(calls * 0.7)), 'grown_at', now) end
  end
  set('blocked_until', math.max(blocked, now + pause), 'strikes', math.min(6, strikes + 1))
  set('tat', math.max(get('tat') or 0, now + pause))
  return 0
end

if operation == 'grow' then
  if calls < default_calls and (get('grown_at') or now) < now - window / 10 then
    set('calls', math.min(default_calls, math.ceil(calls * 1.05)), 'grown_at', now, 'strikes', 0)
  end
  return 0
end
return redis.error_reply('unknown operation ' .. operation)
