"""Reports: the newest blueprint."""

from flask import Blueprint

from boards import readable
from pages import Switch

blueprint = Blueprint("reports", __name__)

readable(blueprint, "burndown", "Burndown", "Two tickets left.",
         Switch("burndown_shared", "Shared with the team", "Share with the team", "Stop sharing", "/reports/burndown"))
readable(blueprint, "time", "Time sheet", "Eleven hours at the loom.",
         Switch("timesheet_locked", "Locked", "Lock my time sheet", "Unlock my time sheet", "/reports/time"))
