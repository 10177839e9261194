-- The fixed window that @upstash/ratelimit has, on its own keys. See limiter/fixed.rs.
local tokens, window, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local index = math.floor(now / window)
local key = KEYS[1] .. ':' .. string.format('%.0f', index)
local counted = redis.call('INCRBY', key, cost)
if counted == cost then
  redis.call('PEXPIRE', key, window)
end
local reset_at = (index + 1) * window
local remaining = tokens - counted
return {remaining >= 0 and 1 or 0, remaining, reset_at, reset_at, now}
