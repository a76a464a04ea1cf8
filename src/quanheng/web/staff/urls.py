"""Where the staff pages are, below /staff/."""

from __future__ import annotations

from django.urls import path

from quanheng.web.staff.views import (
    account,
    boards,
    day,
    evidence,
    log,
    plans,
    search,
    tasks,
    today,
    units,
    users,
)

app_name = "staff"
urlpatterns = [
    path("", today.today, name="today"),
    path("account/", account.account, name="account"),
    path("search/", search.search, name="search"),
    path("board/", boards.plan_board, name="plan_board"),
    path("board/departments/", boards.board_by_department, name="board_by_department"),
    path("board/towns/", boards.board_by_town, name="board_by_town"),
    path("board/export.xlsx", boards.board_export, name="board_export"),
    path("board/tasks.docx", boards.board_word, name="board_word"),
    path("plans/upload/", plans.plan_upload, name="plan_upload"),
    path("plans/drafts/<uuid:public_id>/", plans.draft, name="draft"),
    path("plans/drafts/<uuid:public_id>/adopt/", plans.draft_adopt, name="draft_adopt"),
    path("plans/drafts/<uuid:public_id>/discard/", plans.draft_discard, name="draft_discard"),
    path("plans/drafts/<uuid:public_id>/alias/", plans.draft_alias, name="draft_alias"),
    path("plans/<uuid:public_id>/document/", plans.document, name="document"),
    path("plans/<uuid:public_id>/versions/", plans.versions, name="versions"),
    path("tasks/<uuid:public_id>/", tasks.task, name="task"),
    path("tasks/<uuid:public_id>/indicators/", tasks.task_measure, name="task_measure"),
    path("tasks/<uuid:public_id>/evidence/", evidence.evidence_file, name="evidence_file"),
    path("evidence/<uuid:public_id>/file/", evidence.evidence_download, name="evidence_download"),
    path("evidence/<uuid:public_id>/withdraw/", evidence.evidence_withdraw, name="evidence_withdraw"),
    path("units/", units.units, name="units"),
    path("units/new/", units.unit_new, name="unit_new"),
    path("units/<int:unit_id>/", units.unit_edit, name="unit_edit"),
    path("users/", users.users, name="users"),
    path("users/new/", users.user_new, name="user_new"),
    path("users/<uuid:public_id>/", users.user_edit, name="user_edit"),
    path("users/<uuid:public_id>/password/", users.user_password, name="user_password"),
    path("users/<uuid:public_id>/erase/", users.user_erase, name="user_erase"),
    path("day/", day.day, name="day"),
    path("day/run/", day.day_run, name="day_run"),
    path("day/<uuid:public_id>/status/", day.day_status, name="day_status"),
    path("log/", log.log, name="log"),
    path("log/<int:index>/", log.leaf, name="leaf"),
]
