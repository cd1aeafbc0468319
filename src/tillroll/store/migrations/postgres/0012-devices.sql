-- What kind of device a call came from, where its caller's headers say it. Nobody knows it of the events before.
ALTER TABLE event ADD COLUMN device TEXT NOT NULL DEFAULT '' CHECK (device IN ('', 'desktop', 'mobile'));
