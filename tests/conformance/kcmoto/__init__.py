"""moto, made stricter and slower, as AWS is: what conformance runs against.

moto answers for every service except EKS; around it stands a layer, in the order of a request:

    server.py     the WSGI application: log, faults, and the steps below
    signature.py  SigV4 on the bytes as they came
    wire.py       method and path to an operation of botocore's model, parameters by moto's parsers, error replies by its serialisers;
                  the content type of the protocol where moto says text/html
    checks.py     required and unknown parameters, types, ranges and enums, from the model
    tokens.py     idempotency tokens: the same reply again, or a mismatch
    rules.py      what AWS refuses and moto does not: dependencies on delete, ids that must exist; NAT gateways that take time; interfaces of
                  gateways and endpoints that are AWS's own; filters by
                  several values, of which any may match
    public.py     public parameters that moto has not: EKS machine images
    eks.py        EKS, whole: moto has a quarter of it
    clock.py      minutes of AWS as fractions of a second
"""
