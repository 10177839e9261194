-- Calls of one action with 1 KB of arguments, each another: wrk -s action.lua URL -- ID ORIGIN COOKIE TEXT
local count = 0
local start = os.time()

function init(arguments)
  wrk.method = "POST"
  wrk.headers["Accept"] = "text/x-component"
  wrk.headers["Content-Type"] = "text/plain;charset=UTF-8"
  wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
  wrk.headers["Next-Action"] = arguments[1]
  wrk.headers["Origin"] = arguments[2]
  wrk.headers["Cookie"] = "authjs.session-token=" .. arguments[3]
  text = arguments[4]
end

function request()
  count = count + 1
  local body = string.format('["item-%d",{"title":"A title","number":%d,"tags":["one","two"],"text":"%d %s"}]',
    count % 50, count, start, text)
  return wrk.format("POST", nil, nil, body)
end
