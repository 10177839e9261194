-- Claims an idempotency key, or tells its state.
local claim = redis.call('HMGET', KEYS[1], 'print', 'ends', 'done')
if claim[1] and tonumber(claim[2]) > now then
  if claim[1] ~= ARGV[2] then
    return {'mismatch', ''}
  end
  if claim[3] then
    return {'done', claim[3]}
  end
  return {'open', ''}
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'print', ARGV[2], 'ends', ARGV[3])
forget(KEYS[1], tonumber(ARGV[3]))
return {'new', ''}
