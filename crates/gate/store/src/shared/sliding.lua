-- The weighted window that @upstash/ratelimit has, on its own keys. See limiter/sliding.rs.
local tokens, window, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local index = math.floor(now / window)
local current = KEYS[1] .. ':' .. string.format('%.0f', index)
local before = KEYS[1] .. ':' .. string.format('%.0f', index - 1)
local weighted = math.floor((1 - (now % window) / window) * tonumber(redis.call('GET', before) or 0))
local count = tonumber(redis.call('GET', current) or 0)
local reset_at = (index + 1) * window
local remaining = -1
if cost == 0 or weighted + count < tokens then
  local counted = redis.call('INCRBY', current, cost)
  if counted == cost then
    redis.call('PEXPIRE', current, window * 2 + 1000)
  end
  remaining = tokens - (counted + weighted)
end
return {remaining >= 0 and 1 or 0, remaining, reset_at, reset_at, now}
