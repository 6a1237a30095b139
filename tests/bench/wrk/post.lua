-- A form of 10 KB; the floor is told its length (scenarios.py).
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "text=" .. string.rep("x", 10235)
