"""The pages of the method in the application: each figure leads to its own."""

import re

from tests.web.offices import Office, SignIn


def test_a_figure_leads_to_its_method(office: Office, sign_in: SignIn) -> None:
    reader = sign_in(office.cast.executive)

    page = reader.get("/staff/health").text
    named = set(re.findall(r'href="/staff/method/(\w+)"', page))

    assert {"nps", "ease", "nonresponse", "rollup", "exposure"} <= named
    for name in named:
        answer = reader.get(f"/staff/method/{name}")
        assert answer.status_code == 200 and "<math" in answer.text
    assert reader.get("/staff/method/nothing").status_code == 404
    listed = reader.get("/staff/method").text
    assert all(f'href="/staff/method/{name}"' in listed for name in named)
