"""What runs on a host beside its data: keeps content, lays a step's files out, hashes what a step left.

It is started in a container that holds this machine's own Python and these modules, with the host's volume as its
folder. Requests and data come and go on its standard files; the same store serves there that serves here.
"""
