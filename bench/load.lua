-- For wrk: asks for the addresses of PATHS in turn; with RATE, so many requests a second over all THREADS.
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } moment_t;
  int clock_gettime(int clock, moment_t *moment);
]])

local paths = {}
for path in os.getenv("PATHS"):gmatch("%S+") do
  paths[#paths + 1] = path
end
local rate = tonumber(os.getenv("RATE") or "0")
local threads = tonumber(os.getenv("THREADS") or "1")
local moment = ffi.new("moment_t")
local at, due = 0, nil

-- Milliseconds on the clock that never goes back.
local function now()
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1e6
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], { ["Accept-Encoding"] = "gzip" })
end

if rate > 0 then
  local gap = 1000 * threads / rate
  -- How long the next request of this thread waits for its time. One that is late goes at once; what was missed is
  -- made up for within a second and then forgotten.
  function delay()
    local present = now()
    due = math.max((due or present) + gap, present - 1000)
    return math.max(0, math.floor(due - present + 0.5))
  end
end
