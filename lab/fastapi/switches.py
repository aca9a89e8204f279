"""What the pages to read offer to switch: one button, no text to type, and the same button to take it back."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Depends, Form as Posted

from members import Member, defended, member, store
from pages import Form, back_to, on_off

router = APIRouter()


@dataclass(frozen=True)
class Switch:
    page: str
    setting: str
    name: str
    turn_on: str
    turn_off: str
    path: str = ""  # where its button posts to, if not to the page's own path

    @property
    def endpoint(self):
        return f"POST {self.path or self.page}"

    def form(self, user):
        """The button for the other state. It carries the value, so that sending it twice is the same as once."""
        now = user[self.setting]
        return Form(self.endpoint, self.name, self.turn_on if now == "off" else self.turn_off, (on_off("value", self.name, now),))


SWITCHES = {switch.page: switch for switch in (
    Switch("/statements", "paper_copies", "Paper copies", "Send me paper copies", "Send no more paper copies"),
    Switch("/activity", "activity_read", "Marked as read", "Mark all as read", "Mark all as unread"),
    Switch("/branch", "home_branch", "My branch", "Make this my branch", "Leave this branch"),
    Switch("/offers", "offer_accepted", "Accepted", "Accept this offer", "Withdraw from this offer"),
    Switch("/mortgage", "call_back", "Call-back requested", "Request a call-back", "Cancel the call-back"),
    Switch("/insights", "insights_shared", "Shared with my adviser", "Share with my adviser", "Stop sharing"),
    Switch("/tax", "tax_reported", "Sent to the tax office", "Send to the tax office", "Take it back"),
    Switch("/exchange", "rate_alerts", "Rate alerts", "Send me rate alerts", "Send no more rate alerts"),
    Switch("/contract", "contract_renewal", "Renewed every year", "Renew every year", "Do not renew"),
    Switch("/certificate", "certificate_public", "Published", "Publish this certificate", "Withdraw this certificate"),
    Switch("/reports/latest", "report_notice", "Told when it works again", "Tell me when it works again", "Do not tell me", "/reports/notice"),
)}


def _add(switch):
    @router.post(switch.endpoint.split(" ")[1], dependencies=[defended(switch.endpoint)])
    def flip(value: Literal["on", "off"] = Posted(...), me: Member = Depends(member)):
        store.change(me.name, switch.setting, value)
        return back_to(switch.page)


for _switch in SWITCHES.values():
    _add(_switch)
