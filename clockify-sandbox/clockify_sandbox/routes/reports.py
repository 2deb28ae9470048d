"""Reports, on their own host: computed at the time of the request, as JSON or as a file."""

from clockify_sandbox.answers import Answer
from clockify_sandbox.call import Call
from clockify_sandbox.reports.attendance import attendance
from clockify_sandbox.reports.detailed import detailed
from clockify_sandbox.reports.expenses import expenses_detailed
from clockify_sandbox.reports.exports import download, is_file
from clockify_sandbox.reports.inquiry import Inquiry, Report
from clockify_sandbox.reports.request import ReportRequest
from clockify_sandbox.reports.summary import summary
from clockify_sandbox.reports.weekly import weekly
from clockify_sandbox.routing import Routes

routes = Routes(host="report", scope="REPORTS", reads=True)


@routes.post("/workspaces/{ws}/reports/detailed")
def detailed_report(call: Call, body: ReportRequest) -> Answer:
    """Time entries, one by one."""
    return answer(call, detailed(Inquiry.by(call, body)), body)


@routes.post("/workspaces/{ws}/reports/summary")
def summary_report(call: Call, body: ReportRequest) -> Answer:
    """Time entries in groups."""
    return answer(call, summary(Inquiry.by(call, body)), body)


@routes.post("/workspaces/{ws}/reports/weekly")
def weekly_report(call: Call, body: ReportRequest) -> Answer:
    """Users or projects over seven days."""
    return answer(call, weekly(Inquiry.by(call, body)), body)


@routes.post("/workspaces/{ws}/reports/attendance", feature="ATTENDANCE_REPORT")
def attendance_report(call: Call, body: ReportRequest) -> Answer:
    """Attendance: who worked when, by day."""
    return answer(call, attendance(Inquiry.by(call, body)), body)


@routes.post("/workspaces/{ws}/reports/expenses/detailed", feature="EXPENSES")
def expense_report(call: Call, body: ReportRequest) -> Answer:
    """Expenses, one by one."""
    return answer(call, expenses_detailed(Inquiry.by(call, body)), body)


def answer(call: Call, report: Report, request: ReportRequest) -> Answer:
    """The response with a report."""
    if is_file(request.export_type):
        return download(report.sheet(), request.export_type)
    last = {} if report.is_last is None else call.last_page(is_last=report.is_last)
    return Answer.of(200, report.body, last)
