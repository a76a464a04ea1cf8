import pytest
from datetime import date
from django.db import connection
from quanheng.instruments.models import Instrument, Standing
from quanheng.instruments.selectors import found_by, _instruments_called
from tests.instruments.making import make_scale
@pytest.mark.django_db
@pytest.mark.parametrize("n,share",[(20000,10)])
def test_it(people, n, share):
    like = make_scale(filed_by=people["officer"]).standing
    def serial(i): return f"{'2023' if i%share==0 else f'{i%997:03}X'}{i:06}"
    made = Instrument.objects.bulk_create([Instrument(label_code=f"B{i:07}", name="秤", serial_key=serial(i), serial_tail=serial(i)[::-1], registered_on=date(2026,1,1)) for i in range(n)], batch_size=2000)
    f = {x.attname: getattr(like,x.attname) for x in Standing._meta.concrete_fields}
    Standing.objects.bulk_create([Standing(**f|{"instrument_id":m.pk}) for m in made], batch_size=2000)
    with connection.cursor() as c: c.execute("ANALYZE")
    opts = {"analyze": True} if connection.vendor=="postgresql" else {}
    print(connection.vendor)
    print("CALLED", _instruments_called("2023").values("pk").explain(**opts))
    q = Standing.objects.filter(found_by("2023").by_key())
    print("BY_KEY", q.count(), q.values("pk").explain(**opts))
    q = Standing.objects.filter(found_by("2023").along_due()).order_by("due_on","pk")[:50]
    print("ALONG", q.values("pk").explain(**opts))
