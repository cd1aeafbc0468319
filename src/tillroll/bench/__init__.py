"""Measuring this machine: atomic checkouts per second beside an empty endpoint on the same HTTP server.

    measure ──► machine     what the disk and the processor are
            ──► servers     the empty endpoint and `tillroll serve`, as processes of their own
            ──► shop        a catalogue, guests and full carts, made through the wire API
            ──► load        the requests, from one more process, at full speed or at a constant rate
            ──► layers      where one checkout's time goes, without HTTP
            ──► report      the table and the JSON document

A figure means little on another machine; the ratio to the empty endpoint, taken minutes apart on the same one, does.
"""
