-- Milliseconds since 1970. Tests pass them; otherwise all instances share the clock of Redis.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
-- Lets Redis forget a key a while after its logical end, so that a clock that jumps does not forget it early.
local function forget(key, at)
  redis.call('PEXPIRE', key, math.max(1, at - now) + 3600000)
end
