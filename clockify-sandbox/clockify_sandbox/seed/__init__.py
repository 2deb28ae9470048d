"""Seed data: a whole Clockify, drawn from a seed.

`build_world(scale, seed, plan, api_key, now)` fills a `World`. The same arguments give the same data and the same ids
on every machine: everything is drawn from one `random.Random(seed)` and one seeded Faker, and nothing reads the wall
clock.

How things are stored
---------------------

Entities are dicts under the wire's names, keyed in their table by `id`. References are ids. What follows from other
entities is not stored: names of referenced things, `currencyCode` of a client, `duration` of project and task, totals
of an invoice, sums of an approval request, project and capacity totals. Keys marked (+) are stored for the sandbox's
own use and never appear in an answer.

Units and notations: `ts` is "yyyy-MM-ddThh:mm:ssZ" (UTC), `date` is "yyyy-MM-dd", `dur` an ISO-8601 duration, `Rate`
is `{"amount": minor units, "currency": code}` or None. "?" means that None occurs. Lists are never None unless
marked.

World
  users[id]      id, email ("" for LIMITED accounts), name?, profilePicture?, activeWorkspace, defaultWorkspace,
                 status, settings? {all keys of the UserDto settings} (no memberships,
                 customFields, roles). Who was removed from every workspace stays here, as their time entries stay
                 where they are; accounts of status DELETED and LIMITED_DELETED are INACTIVE members.
  keys           api_key -> owner of the first workspace; the keys of `seed.cast` -> one member of it per role (not in
                 scale empty)
  addon_tokens   "sandbox-addon-token" (all scopes), "sandbox-addon-readonly-token" (the *_READ scopes), both
                 workspace 1; scopes are CLIENT_READ, CLIENT_WRITE, ... (see `plans.ADDON_SCOPES`); add-on id
                 `ADDON_ID`
Workspace.record id, name, imageUrl?, cakeOrganizationId?, featureSubscriptionType?, hourlyRate Rate, costRate Rate,
                 currencies [{id, code, isDefault}], features [str], subdomain {name?, enabled}, workspaceSettings
                 {...} (memberships are derived from `members`). workspaceSettings.lockTimeEntries ts? is the lock
                 date; entries that start before it are stored with locked=True.
members[userId]  membershipStatus ACTIVE|PENDING|INACTIVE|DECLINED, hourlyRate Rate?, costRate Rate?, roles [{role,
                 entityId, sourceType}] (OWNER and WORKSPACE_ADMIN: entityId = workspace id; PROJECT_MANAGER: project
                 id; TEAM_MANAGER: user id, or group id with sourceType "USER_GROUP"; sourceType? else), profile
                 {weekStart, workCapacity dur, workingDays [Day], workspaceNumber i, imageUrl?, hasPassword b},
                 customFields {customFieldId: value}, managers [userId]
clients          id, name, email?, workspaceId, archived, address?, note?, ccEmails [str]?, currencyId?
projects         id, name, workspaceId, clientId ("" = none), hourlyRate Rate?, costRate Rate?, billable, archived,
                 public, template, color, note, memberships [Membership], estimate {estimate dur, type}, timeEstimate
                 {estimate dur, type, resetOption?, active, includeNonBillable}, budgetEstimate {estimate minor units,
                 type, resetOption?, active, includeExpenses}?, estimateReset {interval, dayOfWeek?, dayOfMonth?,
                 hour, month?}?
                 Membership: userId, hourlyRate Rate?, costRate Rate?, targetId, membershipType, membershipStatus.
                 Type PROJECT: targetId = project id. Type USERGROUP (access through a group): targetId = group id,
                 one row per member of that group.
                 The project's currency is its client's, else the workspace default.
tasks            id, name, projectId, assigneeIds, assigneeId None, userGroupIds, estimate dur, status ACTIVE|DONE,
                 budgetEstimate minor units?, billable, hourlyRate Rate?, costRate Rate?
tags             id, name, workspaceId, archived
user_groups      id, name, workspaceId, userIds, teamManagers [userId]  (ids; answers show [{id, name}])
custom_fields    id, workspaceId, name, description?, placeholder?, type, status, required, onlyAdminCanEdit,
                 allowedValues, workspaceDefaultValue?, projectDefaultValues [{projectId, value?, status}], entityType
                 TIMEENTRY|USER
time_entries     `TimeEntry`; custom_fields holds (customFieldId, value) for the fields that have a value of their own
                 on the entry (a value of None is an explicit None). locked covers both approval and lock date.
                 approval_id is set while the request is PENDING or APPROVED. invoice_id names the invoice that
                 imported the entry.
expense_categories id, name, hasUnitPrice, priceInCents, unit? (also ""), workspaceId, archived, status None
expenses         id, workspaceId, userId, date, categoryId? (None: the category was deleted), projectId?, taskId?,
                 fileId (id | "" | None), quantity, total (minor units, float), billable, locked, notes?, (+)
                 approvalRequestId?, (+) invoiceId?
                 quantity is the entered major amount (total = quantity x 100), or the number of units of a unit-price
                 category (total = quantity x priceInCents)
files            fileId: (file name, bytes)
invoices         id, (+) workspaceId, number, clientId, currency code, issuedDate ts, dueDate ts, status, billFrom?,
                 visibleZeroFields [str]?, companyId?, clientAddress?, note?, subject?, userId, discount, tax, tax2
                 (percent x 100, float), taxType, calculationType, items [Item], payments [{id, amount, author, date
                 ts, note?}]
                 Item: order (1-based), itemType, description, quantity, unitPrice, amount (= quantity x unitPrice /
                 100), applyTaxes, importType, timeEntryIds, expenseIds
                 Derived: amount, balance, paid (None without payment), subtotal, discountAmount, taxAmount,
                 tax2Amount, containsImported*, daysOverdue.
invoice_settings labels, defaults, exportFields as read (labels.totalAmount)
item_types       names of the invoice item types
holidays         id, workspaceId, name, datePeriod {startDate, endDate}, occursAnnually, everyoneIncludingNew,
                 userIds, userGroupIds, color, automaticTimeEntryCreation {enabled, defaultEntities {projectId?,
                 taskId?}}
                 (the detail shape; lists flatten it to a boolean, projectId and taskId, and leave out color)
time_off_policies id, workspaceId, name, archived, everyoneIncludingNew, allowHalfDay, allowNegativeBalance, timeUnit,
                 approve {requiresApproval, specificMembers, teamManagers, userIds}, automaticAccrual?,
                 negativeBalance?, automaticTimeEntryCreation {enabled, defaultEntities {projectId?, taskId?}}?,
                 projectId?, userIds, userGroupIds, color?, icon?, (+) hasExpiration
time_off_requests id, workspaceId, policyId, userId, requesterUserId, timeUnit, note?, createdAt ts with microseconds,
                 balance?, balanceDiff, status {statusType PENDING|APPROVED|REJECTED|WITHDRAWN, changedByUserId?,
                 changedAt?, note?}, timeOffPeriod {period {start ts, end ts}, halfDay, halfDayPeriod, halfDayHours
                 {start, end}?}
                 A period of days runs from 00:00:00 of the first to 23:59:59 of the last day in the user's zone.
balances         id, workspaceId, userId, policyId, balance, total, used, negativeBalanceLimit b,
                 negativeBalanceAmount, negativeBalanceUsed     (one per user and policy; balance = total - used)
balance_assignments id, workspaceId, userId, policyId, accrued, balance, dateRange {start date, end date}?, (+) note?
approval_requests id, workspaceId, type TIMESHEET|EXPENSE|TIMESHEET_AND_EXPENSE, dateRange {start ts, end ts},
                 ownerId, creatorId, status {state, note?, updatedAt?, updatedBy?}. Its entries and expenses are those
                 that carry its id; those of a rejected or withdrawn request carry none. dateRange is a week in the
                 owner's zone.
assignments      id, workspaceId, userId, projectId, taskId?, period {start ts, end ts}, hoursPerDay, startTime?,
                 note?, billable, published, includeNonWorkingDays, excludeDays [{date ts, type}], recurring {repeat,
                 seriesId?, weeks, frequency, interval, monthlyRecurringType None}     (one row per occurrence of a
                 series)
milestones       id, name, date ts, projectId, workspaceId
webhooks         id, name, url, workspaceId, userId, webhookEvent, triggerSourceType, triggerSource [str], enabled,
                 deliveryEnabled, planEnabled, authToken;   addon_webhooks[addonId][id] alike, with userId None
webhook_logs     id, webhookId, webhookEventStatusId?, statusCode, requestBody, responseBody?, respondedAt
                 ("...+00:00")
webhook_statuses id, webhookId, webhookLogId, status, retryCount, statusCode, requestBody, responseBody?, respondedAt
shared_reports   id, workspaceId, userId, name, type, link, isPublic, fixedDate, filter {...}, visibleToUsers
                 [userId]?, visibleToUserGroups [groupId]?       (reportAuthor is the user's name)
audit_log        action, content?, previousContent? (JSON text), timestamp ts, userId, userName, userEmail,
                 workspaceId, oldest first (a log: names are those of the time)
changes          {kind created|updated|deleted, type (documentType), id, at ts, document {fields of the entity}},
                 oldest first, the last 30 days only; createdAt of a document is in the first 8 hex digits of its id
"""

from __future__ import annotations

from clockify_sandbox.plans import ADDON_ID, PLANS
from clockify_sandbox.seed.build import (
    ADDON_READ_TOKEN,
    ADDON_TOKEN,
    DEFAULT_NOW,
    SCALES,
    Scale,
    build_world,
)
from clockify_sandbox.seed.cast import (
    ADMIN_KEY,
    LIMITED_ACCOUNT_KEY,
    LIMITED_KEY,
    MEMBER_KEY,
    PROJECT_MANAGER_KEY,
    TEAM_MANAGER_KEY,
)

__all__ = [
    "ADDON_ID",
    "ADDON_READ_TOKEN",
    "ADDON_TOKEN",
    "ADMIN_KEY",
    "DEFAULT_NOW",
    "LIMITED_ACCOUNT_KEY",
    "LIMITED_KEY",
    "MEMBER_KEY",
    "PLANS",
    "PROJECT_MANAGER_KEY",
    "SCALES",
    "TEAM_MANAGER_KEY",
    "Scale",
    "build_world",
]
