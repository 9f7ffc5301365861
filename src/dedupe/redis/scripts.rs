use redis::Script;

/// The operations: each has one key, its owner and an expiry in milliseconds.
pub(super) struct Scripts {
    pub(super) claim: Script,
    pub(super) renew: Script,
    pub(super) complete: Script,
    pub(super) release: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            claim: Script::new(CLAIM),
            renew: Script::new(RENEW),
            complete: Script::new(COMPLETE),
            release: Script::new(RELEASE),
        }
    }
}

const CLAIM: &str = "
local known = redis.call('GET', KEYS[1])
if not known or known == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 'granted'
end
return known == '.' and 'completed' or 'in flight'";

// A full server rejects SET but not PEXPIRE, and rejects no write after the first one of a script.
const RENEW: &str = "
local known = redis.call('GET', KEYS[1])
if known == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if not known then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0";

const COMPLETE: &str = "
local known = redis.call('GET', KEYS[1])
if known == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if not known or known == ARGV[1] then
  redis.call('SET', KEYS[1], '.', 'PX', ARGV[2])
  return 1
end
return known == '.' and 1 or 0";

const RELEASE: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1";
