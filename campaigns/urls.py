"""The staff's addresses: batches, and the steps of making one."""

from django.urls import path

from campaigns.codes import by_hand_views
from campaigns.codes import views as code_views
from campaigns.codes.by_day import filed_list_views
from campaigns.codes.by_day import views as by_day_views
from campaigns.drafts.wizard import (
    approval,
    limits,
    link_life,
    patient_rows,
    patients,
    reminding,
    summary,
    upload,
    when,
)
from campaigns.drafts.wizard import views as wizard
from campaigns.drafts.wizard.plan import ready_views as ready_plans
from campaigns.drafts.wizard.plan import views as plan
from campaigns.messages import template_views
from campaigns.reminders import views as reminder_views
from campaigns.workspace import follow_up_views, plan_views, views
from campaigns.workspace import include_booked_views as recheck_views
from campaigns.workspace.pace import views as pace_views

app_name = "campaigns"
urlpatterns = [
    path("", views.home, name="home"),
    path("follow-up/", follow_up_views.to_do, name="to-do"),
    path("follow-up/done/", follow_up_views.all_done, name="all-done"),
    path("follow-up/done/<uuid:followed_up_id>/put-back/", follow_up_views.put_back, name="put-back"),
    path("templates/", template_views.templates, name="templates"),
    path("templates/new/", template_views.new, name="template-new"),
    path("templates/preview/", template_views.preview, name="template-preview"),
    path("templates/<uuid:template_id>/", template_views.template, name="template"),
    path("templates/<uuid:template_id>/archive/", template_views.archive, name="template-archive"),
    path("templates/<uuid:template_id>/restore/", template_views.restore, name="template-restore"),
    path("codes/", code_views.code_list, name="code-list"),
    path("codes/ask/", code_views.ask, name="code-ask"),
    path("codes/<slug:concept_id>/", code_views.code, name="code"),
    path("codes/<slug:concept_id>/turn-down/", code_views.turn_down, name="code-turn-down"),
    path("codes-to-file/", by_day_views.code_days, name="code-days"),
    path("codes-to-file/<slug:key>/", by_day_views.code_day, name="code-day"),
    path("codes-to-file/<slug:key>/numbers/", by_day_views.numbers, name="code-day-numbers"),
    path("codes-to-file/<slug:key>/nhs-numbers.txt", by_day_views.numbers_text, name="code-day-text"),
    path("codes-to-file/<slug:key>/nhs-numbers.csv", by_day_views.numbers_csv, name="code-day-csv"),
    path("codes-to-file/<slug:key>/all/", by_day_views.all_filed, name="code-day-all"),
    path("codes-to-file/<slug:key>/compare/", filed_list_views.compare, name="code-day-compare"),
    path("codes-to-file/<slug:key>/filed/", filed_list_views.filed, name="code-day-filed"),
    path("batches/new/", wizard.new, name="new"),
    path("batches/<uuid:campaign_id>/", views.batch, name="batch"),
    path("batches/<uuid:campaign_id>/slot-type/", wizard.slot_type, name="slot-type"),
    path("batches/<uuid:campaign_id>/message/", wizard.message, name="message"),
    path("batches/<uuid:campaign_id>/message/preview/", wizard.message_preview, name="message-preview"),
    path("batches/<uuid:campaign_id>/decline/", wizard.decline, name="decline"),
    path("batches/<uuid:campaign_id>/upload/", upload.upload, name="upload"),
    path("batches/<uuid:campaign_id>/upload/guide/<slug:system>/", upload.guide, name="guide"),
    path("batches/<uuid:campaign_id>/patients/", patients.patients, name="patients"),
    path("batches/<uuid:campaign_id>/patients/include/", patients.include, name="include"),
    path("batches/<uuid:campaign_id>/patients/columns/", patients.answer_columns, name="answer-columns"),
    path("batches/<uuid:campaign_id>/patients/other-rows/", patients.other_rows, name="other-rows"),
    path("batches/<uuid:campaign_id>/patients/rows/", patient_rows.patient_rows, name="patient-rows"),
    path("batches/<uuid:campaign_id>/patients/search/", patient_rows.search, name="search"),
    path("batches/<uuid:campaign_id>/summary/", summary.summary, name="summary"),
    path("batches/<uuid:campaign_id>/approval/", approval.approval, name="approval"),
    path("batches/<uuid:campaign_id>/approval/send-back/", approval.send_back, name="send-back"),
    path("batches/<uuid:campaign_id>/approval/take-back/", approval.take_back, name="take-back"),
    path("batches/<uuid:campaign_id>/when/", when.when, name="when"),
    path("batches/<uuid:campaign_id>/reminders/", reminding.reminders, name="reminders"),
    path("batches/<uuid:campaign_id>/plan/", plan.plan, name="plan"),
    path("batches/<uuid:campaign_id>/plan/ready/", ready_plans.ready, name="plan-ready"),
    path("batches/<uuid:campaign_id>/plan/codes/", plan.first_codes, name="plan-codes"),
    path("batches/<uuid:campaign_id>/plan/<int:number>/", plan.invitation, name="plan-invitation"),
    path("batches/<uuid:campaign_id>/plan/<int:number>/remove/", plan.remove, name="plan-remove"),
    path("batches/<uuid:campaign_id>/stop-plan/", plan_views.stop, name="stop-plan"),
    path("batches/<uuid:campaign_id>/link-life/", link_life.link_life_step, name="link-life"),
    path("batches/<uuid:campaign_id>/limits/", limits.limits, name="limits"),
    path("batches/<uuid:campaign_id>/delete/", wizard.delete, name="delete"),
    path("batches/<uuid:campaign_id>/progress/", views.progress, name="progress"),
    path("batches/<uuid:campaign_id>/undo/", views.undo, name="undo"),
    path("batches/<uuid:campaign_id>/pause/", views.pause, name="pause"),
    path("batches/<uuid:campaign_id>/resume/", views.resume, name="resume"),
    path("batches/<uuid:campaign_id>/cancel/", views.cancel, name="cancel"),
    path("batches/<uuid:campaign_id>/everyone/", pace_views.everyone, name="everyone"),
    path("batches/<uuid:campaign_id>/stop-inviting/", pace_views.stop_inviting, name="stop-inviting"),
    path("batches/<uuid:campaign_id>/go-on-inviting/", pace_views.go_on_inviting, name="go-on-inviting"),
    path("batches/<uuid:campaign_id>/include-booked/", recheck_views.include_booked, name="include-booked"),
    path("batches/<uuid:campaign_id>/remind/", reminder_views.remind, name="remind"),
    path("batches/<uuid:campaign_id>/duplicate/", views.duplicate, name="duplicate"),
    path("batches/<uuid:campaign_id>/follow-up/", follow_up_views.follow_up, name="follow-up"),
    path("batches/<uuid:campaign_id>/follow-up.csv", follow_up_views.follow_up_csv, name="follow-up-csv"),
    path("batches/<uuid:campaign_id>/follow-up/done/", follow_up_views.done, name="done"),
    path("batches/<uuid:campaign_id>/follow-up/list-done/", follow_up_views.list_done, name="list-done"),
    path("batches/<uuid:campaign_id>/codes/", by_hand_views.codes, name="codes"),
    path("batches/<uuid:campaign_id>/codes/all/", by_hand_views.codes_all, name="codes-all"),
    path("batches/<uuid:campaign_id>/codes-to-file.csv", by_hand_views.codes_csv, name="codes-csv"),
    path("batches/<uuid:campaign_id>/cannot-be-sent.csv", views.cannot_be_sent, name="cannot-be-sent"),
]
