"""The public portal: no sign-in, one question per page; below /log/ the log's files themselves."""

from __future__ import annotations

from django.urls import path

from quanheng.web.portal import bench, files, judge, labels, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("plan/", views.plan, name="plan"),
    path("figures/", views.figures, name="figures"),
    path("instruments/", views.registry, name="registry"),
    path("bench/", bench.bench, name="bench"),
    path("bench/<str:kind>", bench.bench_file, name="bench_file"),
    path("judge/", judge.judge, name="judge"),
    path("judge/readings.yaml", judge.judge_readings, name="judge_readings"),
    path("judge/template.xlsx", judge.judge_template, name="judge_template"),
    path("about/", views.about, name="about"),
    path("log/", views.log, name="log"),
    path("log/leaf/<int:index>/", views.leaf, name="leaf"),
    path("log/proof/<int:index>.json", files.proof, name="proof"),
    path("log/checkpoint", files.checkpoint, name="log_checkpoint"),
    path("log/log.vkey", files.key, name="log_key"),
    path("log/tile/<path:rest>", files.tile, name="log_tile"),
    path("q/<str:code>", labels.label, name="label"),
    path("feeds/<str:token>.ics", labels.feed, name="feed"),
    path("open/plan.json", files.open_plan, name="open_plan"),
    path("open/instruments.csv", files.open_instruments, name="open_instruments"),
]
