-- Spends a nonce: 1 for the first time.
local ends = tonumber(ARGV[2])
if ends <= now or redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('SET', KEYS[1], '')
forget(KEYS[1], ends)
return 1
