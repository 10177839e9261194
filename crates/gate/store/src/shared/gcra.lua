-- Evenly spaced cells; the schedule is in microseconds. See limiter/gcra.rs.
local tokens, window, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local micros = now * 1000
local spacing = math.max(1, math.floor(window * 1000 / tokens))
local burst = spacing * tokens
local scheduled = tonumber(redis.call('GET', KEYS[1]) or nil) or micros
scheduled = math.min(math.max(scheduled, micros), micros + burst)
local next_at = scheduled + spacing * cost
local allowed_at = next_at - burst
local admitted = micros >= allowed_at
local standing = scheduled
if admitted then
  standing = next_at
end
redis.call('SET', KEYS[1], string.format('%.0f', standing), 'PX', math.max(1, math.ceil((standing - micros) / 1000)))
local remaining = math.floor((burst - (standing - micros)) / spacing)
return {admitted and 1 or 0, remaining, math.ceil(allowed_at / 1000), math.ceil(standing / 1000), now}
