-- The token bucket that @upstash/ratelimit has, on its own keys. See limiter/bucket.rs.
local full, interval, cost, refill = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local stored = redis.call('HMGET', KEYS[1], 'refilledAt', 'tokens')
local refilled_at, left = tonumber(stored[1] or nil) or now, tonumber(stored[2] or nil) or full
local refills = math.max(0, math.floor((now - refilled_at) / interval))
left = math.min(full, left + refills * refill)
refilled_at = refilled_at + refills * interval
local remaining = -1
if left > 0 or cost == 0 then
  remaining = left - cost
  redis.call('HSET', KEYS[1], 'refilledAt', refilled_at, 'tokens', remaining)
  redis.call('PEXPIRE', KEYS[1], math.max(1, math.ceil((full - remaining) / refill) * interval))
end
local next_at = refilled_at + interval
return {remaining >= 0 and 1 or 0, remaining, next_at, next_at, now}
