-- A round of a running program asks for all boosts, of which there are few among many other words.
CREATE INDEX overrides_boosts ON overrides (article) WHERE field = 'boost';
