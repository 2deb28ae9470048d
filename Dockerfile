# tap-clockify, target-clockify and clockify-call in one image, about 200 MB. The command names the program:
#
#   docker build --tag clockify .
#   docker run --rm --init --env TAP_CLOCKIFY_API_KEY clockify tap-clockify --config=ENV > clockify.jsonl
#   docker run --rm --init --interactive --env TARGET_CLOCKIFY_API_KEY --env TARGET_CLOCKIFY_WORKSPACE_ID \
#       --volume clockify-ledger:/data clockify target-clockify --config=ENV < rows.jsonl
#
# There is no ENTRYPOINT, since it would have to choose one of the programs, and an orchestrator with a command of its
# own, such as a pipe in bash, would have to know of it. Keys come with the environment when it runs; none is in a layer.

ARG PYTHON=3.13

FROM python:${PYTHON}-slim-bookworm AS build
WORKDIR /src
COPY constraints.txt ./
RUN python -m venv /opt/build \
    && /opt/build/bin/python -m pip install --no-cache-dir --constraint constraints.txt hatchling
COPY clockify-client ./clockify-client
COPY tap-clockify ./tap-clockify
COPY target-clockify ./target-clockify
RUN /opt/build/bin/python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels \
    ./clockify-client ./tap-clockify ./target-clockify
# psycopg is for a ledger in PostgreSQL.
RUN python -m venv /opt/clockify \
    && /opt/clockify/bin/python -m pip install --no-cache-dir --constraint constraints.txt /wheels/*.whl 'psycopg[binary]' \
    && /opt/clockify/bin/python -m pip uninstall --yes pip

FROM python:${PYTHON}-slim-bookworm
COPY --from=build /opt/clockify /opt/clockify
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin clockify \
    && install --directory --owner=clockify --group=clockify --mode=0700 /data
ENV PATH=/opt/clockify/bin:$PATH \
    PYTHONUNBUFFERED=1
USER 10001:10001
# The ledger and the rejects of the target are in the working folder.
WORKDIR /data
VOLUME ["/data"]
CMD ["tap-clockify", "--help"]
