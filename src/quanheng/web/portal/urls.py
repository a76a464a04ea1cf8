"""The public portal: no sign-in, one question per page; below /log/ the log's files themselves."""

from __future__ import annotations

from django.urls import path

from quanheng.web.portal import bench, certificates, files, judge, labels, makers, rotation, score, views

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
    path("meters/", rotation.rotation, name="rotation"),
    path("meters/samples/<uuid:public_id>/list.txt", rotation.drawn_list, name="drawn_list"),
    path(
        "meters/samples/<uuid:public_id>/checkpoint.txt", rotation.drawn_checkpoint, name="drawn_checkpoint"
    ),
    path("open/expiring.csv", rotation.open_expiring, name="open_expiring"),
    path("about/", views.about, name="about"),
    path("log/", views.log, name="log"),
    path("log/leaf/<int:index>/", views.leaf, name="leaf"),
    path("log/proof/<int:index>.json", files.proof, name="proof"),
    path("log/checkpoint", files.checkpoint, name="log_checkpoint"),
    path("log/log.vkey", files.key, name="log_key"),
    path("log/tile/<path:rest>", files.tile, name="log_tile"),
    path("q/<str:code>", labels.label, name="label"),
    path("certificate/", certificates.certificates, name="certificates"),
    path("certificate/<str:number>/", certificates.certificate, name="certificate"),
    path("certificate/<str:number>/proof.json", certificates.certificate_proof, name="certificate_proof"),
    path("certificate/<str:number>/certificate.pdf", certificates.certificate_pdf, name="certificate_pdf"),
    path("certificate/<str:number>/certificate.xml", certificates.certificate_xml, name="certificate_xml"),
    path("c/<str:number>", certificates.certificate_short, name="certificate_short"),
    path("feeds/<str:token>.ics", labels.feed, name="feed"),
    path("open/plan.json", files.open_plan, name="open_plan"),
    path("open/instruments.csv", files.open_instruments, name="open_instruments"),
    path("open/certificates.csv", files.open_certificates, name="open_certificates"),
    path("manufacturers/", makers.manufacturers, name="manufacturers"),
    path("open/manufacturers.csv", makers.open_manufacturers, name="open_manufacturers"),
    path("open/standards.csv", files.open_standards, name="open_standards"),
    path("open/meters.csv", files.open_meters, name="open_meters"),
    path("score/", score.score, name="score"),
    path("open/score.csv", score.open_score, name="open_score"),
]
