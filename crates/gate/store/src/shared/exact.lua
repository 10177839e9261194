-- The exact window: a list of the last admissions, newest first. See limiter/exact.rs.
local tokens, window, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local list = KEYS[1]
local newest = tonumber(redis.call('LINDEX', list, 0) or nil)
if newest and newest - now > window then
  local times = redis.call('LRANGE', list, 0, -1)
  redis.call('DEL', list)
  for _, time in ipairs(times) do
    redis.call('RPUSH', list, math.min(tonumber(time), now))
  end
  redis.call('PEXPIRE', list, window)
  newest = now
end
local function refuse(retry_at)
  return {0, 0, retry_at, newest and newest + window or now, now}
end
if cost > tokens then
  return refuse(now + window)
end
if cost > 0 then
  local oldest = tonumber(redis.call('LINDEX', list, tokens - cost) or nil)
  if oldest and now - oldest < window then
    return refuse(oldest + window)
  end
end
local written = math.max(now, newest or now)
for _ = 1, cost do
  redis.call('LPUSH', list, written)
end
redis.call('LTRIM', list, 0, tokens - 1)
redis.call('PEXPIRE', list, written - now + window)
local used = 0
for _, time in ipairs(redis.call('LRANGE', list, 0, -1)) do
  if written - tonumber(time) < window then
    used = used + 1
  end
end
return {1, tokens - used, now, written + window, now}
