"""Pages to read, each with one thing to switch by a button. The weak bank sends each with another framing policy."""

from fastapi import APIRouter, Depends, Request

import pages
from members import Member, member, store
from switches import SWITCHES
from kit.variant import variant

router = APIRouter()


class SwitchedOff(RuntimeError):
    """The report generator's planned failure, with the member who asked."""

    def __init__(self, member):
        super().__init__("there are no reports in the lab")
        self.member = member


def reading(request, me, title, *paragraphs, template="reading.html", **more):
    switch = SWITCHES[request.url.path]
    return pages.render(request, template, me.session, title=title, paragraphs=paragraphs, switch=switch.name,
                        now=me.user[switch.setting], forms=(switch.form(me.user),), **more)


@router.get("/about")
def about(request: Request):
    return pages.render(request, "message.html", title="About us", message=(
        "Fallow Bank has lent ploughs since 1831 and money since 1902. Branches in four towns, one mill and a barge."))


@router.get("/statements")
def statements(request: Request, me: Member = Depends(member)):
    entries = store.transfers(me.name)
    return reading(request, me, "Statements", f"{me.user['name']}: {me.user['balance']} EUR after {len(entries)} entries.")


@router.get("/activity")
def activity(request: Request, me: Member = Depends(member)):
    return reading(request, me, "Activity", f"{me.user['name']} is logged in from this browser.")


@router.get("/branch")
def branch(request: Request, me: Member = Depends(member)):
    return reading(request, me, "Your branch", f"Near {me.user['address']}: Mill Lane 4, open on weekdays.")


@router.get("/offers")
def offers(request: Request, me: Member = Depends(member)):
    return reading(request, me, "Offers", f"For {me.user['nickname']}: a loan at 4.2 % until spring.")


@router.get("/mortgage")
def mortgage(request: Request, me: Member = Depends(member)):
    return reading(request, me, "Mortgage", f"With {me.user['balance']} EUR saved, a barn is within reach.")


@router.get("/insights")
def insights(request: Request, me: Member = Depends(member)):
    return reading(request, me, "Insights", f"You made {len(store.transfers(me.name))} transfers this year.")


@router.get("/tax")
def tax(request: Request, me: Member = Depends(member)):
    return reading(request, me, "Tax", f"Certificate for {me.user['name']}: interest earned 12 EUR.",
                   template="tax.html" if variant.NAME == "weak" else "reading.html")


@router.get("/exchange")
def exchange(request: Request, me: Member = Depends(member)):
    return reading(request, me, "Exchange", f"Your {me.user['currency']} are worth what they were yesterday.")


@router.get("/contract")
def contract(request: Request, me: Member = Depends(member)):
    return reading(request, me, "Contract", f"Between {me.user['name']} and Fallow Bank.")


@router.get("/reports/latest")
def latest_report(me: Member = Depends(member)):
    # Broken on purpose, in both banks: the answer to an unhandled error is a page too.
    raise SwitchedOff(me)


def failed_report(request, me):
    """The answer to that error, made outside of the application's routes."""
    return reading(request, me, "Report", "The report could not be made. We are looking into it.", status=500)


@router.get("/certificate")
def certificate(request: Request, me: Member = Depends(member)):
    """An XHTML document: as framable as any page, and easily forgotten."""
    return reading(request, me, "Certificate", f"{me.user['name']} holds an account with Fallow Bank.",
                   template="certificate.xhtml", media_type="application/xhtml+xml")


@router.get("/widget/rates")
def rates_widget(request: Request):
    """Made to be embedded by one partner; shows nothing of anybody."""
    return pages.render(request, "widget.html", title="Rates")
