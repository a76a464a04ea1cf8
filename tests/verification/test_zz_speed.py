import time
from django.db import connection
from django.test.utils import CaptureQueriesContext
from quanheng.verification.services.work import *
from tests.verification.making import *
from tests.verification.conftest import *
def test_speed(people, shop, one):
    v = draft(people, opened(people, one), good())
    for s, n in ((submit_readings,"verifier"),(check_verification,"checker"),(conclude_verification,"signatory")):
        with CaptureQueriesContext(connection) as q:
            t=time.perf_counter(); step(s, people[n], v); dt=time.perf_counter()-t
        print(s.__name__, len(q), round(dt*1000,1),"ms")
    import json
    print(len(json.dumps(fresh(v).judgement)))
