-- Script for wrk: requests the paths in PATHS in turn; with RATE, that many requests per second over all THREADS.
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } timespec_t;
  int clock_gettime(int clock, timespec_t *time);
]])

local paths = {}
for path in os.getenv("PATHS"):gmatch("%S+") do
  paths[#paths + 1] = path
end
local rate = tonumber(os.getenv("RATE") or "0")
local threads = tonumber(os.getenv("THREADS") or "1")
local time = ffi.new("timespec_t")
local at, due = 0, nil

-- Milliseconds on the monotonic clock.
local function now()
  ffi.C.clock_gettime(1, time)
  return tonumber(time.seconds) * 1000 + tonumber(time.nanoseconds) / 1e6
end

function request()
  at = at % #paths + 1
  return wrk.format("GET", paths[at], { ["Accept-Encoding"] = "gzip" })
end

if rate > 0 then
  local gap = 1000 * threads / rate
  -- How many milliseconds the next request of this thread waits for its time. A late request is sent
  -- immediately. Missed requests are made up for within a second; older ones are skipped.
  function delay()
    local present = now()
    due = math.max((due or present) + gap, present - 1000)
    return math.max(0, math.floor(due - present + 0.5))
  end
end
