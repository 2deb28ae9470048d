"""The services of an agency, and the texts of its time entries."""

from __future__ import annotations

from dataclasses import dataclass

DESIGN, ENGINEERING, DELIVERY, STRATEGY, CONTENT, OPERATIONS = (
    "Design",
    "Engineering",
    "Delivery",
    "Strategy",
    "Content",
    "Operations",
)

LEVELS = {"Junior": (6500, 2100), "Mid": (8500, 3000), "Senior": (11000, 4200), "Lead": (13500, 5600)}
"""Billable and cost rate by seniority, minor units an hour."""

TAGS = ("meeting", "remote", "on site", "rework", "urgent", "research", "pairing", "overtime", "travel", "support")
COLORS = ("#03A9F4", "#8BC34A", "#FF9800", "#E91E63", "#9C27B0", "#3F51B5", "#009688", "#795548", "#607D8B", "#F44336")


@dataclass(frozen=True)
class Job:
    """A task of a kind of project: the discipline, the phase of the project, and descriptions of entries."""

    name: str
    discipline: str
    begins: float
    ends: float
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of project: names, length in weeks, share of billable time, tasks."""

    names: tuple[str, ...]
    weeks: tuple[int, int]
    billable: tuple[float, float]
    jobs: tuple[Job, ...]


def _job(line: str) -> Job:
    name, discipline, begins, ends, texts = (part.strip() for part in line.split("|"))
    return Job(name, discipline, float(begins), float(ends), tuple(text.strip() for text in texts.split(";")))


def _kind(names: str, weeks: tuple[int, int], billable: tuple[float, float], jobs: str) -> Kind:
    return Kind(
        tuple(name.strip() for name in names.split(";")),
        weeks,
        billable,
        tuple(_job(line) for line in jobs.strip().splitlines()),
    )


SITE = _kind(
    "Website redesign; Corporate site; Careers microsite; Online shop; Product landing pages",
    (10, 24),
    (0.82, 0.95),
    """
    Discovery | Strategy | 0 | .3 | Stakeholder interviews; Analytics review; Content audit; Workshop notes
    UX and wireframes | Design | .1 | .5 | Wireframes home and listing; User flows checkout; Prototype for testing
    Visual design | Design | .3 | .8 | Component styles; Page layouts; Icon set; Design review with client
    Front-end build | Engineering | .3 | 1 | Navigation component; Form validation; Responsive fixes; Accessibility pass
    CMS and integrations | Engineering | .35 | 1 | Content model; CRM integration; Search indexing; Deployment pipeline
    Project management | Delivery | 0 | 1 | Weekly status call; Sprint planning; Backlog grooming; Budget update
    """,
)
APP = _kind(
    "Mobile app; Customer portal; Booking app; Field service app; Partner dashboard",
    (16, 36),
    (0.85, 0.96),
    """
    Product discovery | Strategy | 0 | .25 | Opportunity mapping; Competitor review; Story mapping; Scope workshop
    Interface design | Design | .1 | .7 | Onboarding screens; Settings and profile; Design tokens; Usability test round
    App development | Engineering | .15 | 1 | Login and session handling; Offline sync; Push notifications; Crash fix
    API development | Engineering | .15 | 1 | Endpoints for bookings; Schema migration; Rate limiting; Code review
    Quality assurance | Delivery | .4 | 1 | Regression run; Device matrix; Bug triage; Release notes
    Product management | Delivery | 0 | 1 | Sprint review; Refinement; Roadmap update; Steering committee
    """,
)
BRAND = _kind(
    "Brand identity; Rebranding; Naming and logo; Packaging refresh; Annual report",
    (6, 14),
    (0.78, 0.92),
    """
    Brand strategy | Strategy | 0 | .45 | Positioning workshop; Audience research; Brand platform; Interview synthesis
    Concept design | Design | .15 | .7 | Moodboards; Logo sketches; Concept presentation; Type exploration
    Guidelines | Design | .5 | 1 | Colour and type guidelines; Templates for slides; Stationery; Print preparation
    Copywriting | Content | .2 | 1 | Tone of voice; Tagline options; Brochure text; Proofreading; Manifesto draft
    Asset production | Design | .5 | 1 | Export of assets; Social media kit; Photo retouching; Print proof check
    Account management | Delivery | 0 | 1 | Client call; Feedback summary; Timeline update; Kick-off
    """,
)
CAMPAIGN = _kind(
    "Spring campaign; Product launch campaign; Recruiting campaign; Trade fair; Holiday campaign",
    (5, 12),
    (0.75, 0.9),
    """
    Campaign concept | Strategy | 0 | .4 | Concept ideas; Media plan; Target groups; Briefing for creatives
    Creative | Design | .1 | .8 | Key visual; Banner set; Social formats; Animation storyboard; Adaptations
    Copy | Content | .1 | .9 | Headlines; Newsletter text; Ad copy variants; Landing page text; Script for video
    Landing page | Engineering | .3 | .9 | Landing page build; Tracking setup; A/B test variant; Form connection
    Performance | Content | .5 | 1 | Bid adjustments; Weekly report; Keyword review; Budget pacing; Results deck
    Coordination | Delivery | 0 | 1 | Status call; Supplier coordination; Approvals; Schedule update
    """,
)
CARE = _kind(
    "Maintenance retainer; Support and hosting; Content retainer; SEO retainer; Continuous improvement",
    (40, 104),
    (0.7, 0.97),
    """
    Support requests | Engineering | 0 | 1 | Bug fix contact form; Access request; Login problem of editor; Hotfix
    Updates and hosting | Engineering | 0 | 1 | Dependency updates; Certificate renewal; Backup check; Server patching
    Improvements | Engineering | 0 | 1 | Performance tuning; New teaser module; Filter for listing; Cookie banner update
    Content | Content | 0 | 1 | Blog post; Editorial calendar; Image research; Translation check; Newsletter
    Search optimisation | Content | 0 | 1 | Keyword research; Meta descriptions; Internal linking
    Monthly reporting | Delivery | 0 | 1 | Monthly report; Priorities call; Hours overview for client
    """,
)
INSIGHT = _kind(
    "Market study; Data platform; Analytics setup; Customer research; Service design sprint",
    (6, 18),
    (0.8, 0.94),
    """
    Research plan | Strategy | 0 | .3 | Research questions; Recruitment screener; Desk research; Method proposal
    Fieldwork | Strategy | .2 | .7 | User interviews; Survey setup; Diary study; Interview notes; Observation on site
    Data engineering | Engineering | .1 | .9 | Event schema; Import of sales data; Data quality checks
    Analysis | Strategy | .4 | 1 | Coding of interviews; Segment analysis; Funnel analysis; Insight workshop
    Presentation | Design | .6 | 1 | Report layout; Charts; Presentation deck; Poster of journey
    Coordination | Delivery | 0 | 1 | Client update; Scheduling of sessions; Incentives; Timeline
    """,
)
KINDS = {SITE: 26, APP: 16, BRAND: 16, CAMPAIGN: 20, CARE: 14, INSIGHT: 12}

INTERNAL = {
    "Company": """
        Team meetings | Any | 0 | 1 | All-hands; Department meeting; One-to-one; Retrospective
        Administration | Any | 0 | 1 | Timesheets and e-mail; Expenses; Planning the week; Tidying up the drive""",
    "New business": """
        Pitches | Strategy | 0 | 1 | Pitch deck; Proposal; Chemistry meeting; Estimate; Reference cases
        Leads | Delivery | 0 | 1 | Intro call; Follow-up; CRM update; Qualification""",
    "Recruiting": """
        Interviews | Any | 0 | 1 | First interview; Portfolio review; Technical interview; Debrief
        Sourcing | Operations | 0 | 1 | Job ad; Screening applications; Scheduling interviews""",
    "Learning": """
        Training | Any | 0 | 1 | Online course; Conference talk; Reading group; Certification
        Knowledge sharing | Any | 0 | 1 | Lunch talk; Internal guideline; Pattern library""",
    "Own website": """
        Content | Content | 0 | 1 | Case study; News post; Team page
        Build | Engineering | 0 | 1 | Case study template; Upgrade of framework; Analytics""",
    "Office and finance": """
        Finance | Operations | 0 | 1 | Invoicing; Payroll preparation; Bookkeeping; Controlling; Contracts
        Office | Operations | 0 | 1 | Suppliers; Hardware order; Onboarding; Office move planning""",
}


def internal_jobs(name: str) -> tuple[Job, ...]:
    """The tasks of an internal project."""
    return tuple(_job(line) for line in INTERNAL[name].strip().splitlines())


EXPENSE_CATEGORIES = {
    "Travel": (2500, 32000, ("Train to client", "Flight", "Taxi from station", "Rail card")),
    "Accommodation": (9000, 24000, ("Hotel, one night", "Hotel during workshop")),
    "Meals": (900, 6500, ("Lunch with client", "Team dinner", "Catering for workshop")),
    "Software": (1200, 18000, ("Plugin licence", "Font licence", "Stock images", "Monthly subscription")),
    "Hardware": (3000, 90000, ("Keyboard", "Test phone", "Monitor", "Headset")),
    "Print and production": (4000, 60000, ("Proof prints", "Foam boards", "Courier")),
}
"""Least and greatest amount in minor units, and notes."""
