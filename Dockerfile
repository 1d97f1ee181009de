# The binary is built on the builder's own platform and cross-compiled for the target's, so that `docker buildx build --platform
# linux/amd64,linux/arm64` emulates nothing.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc bunfig.toml ./
RUN npm ci --include=dev --no-progress && node node_modules/bun/install.js
COPY . .
ARG TARGETARCH
# .git stays outside the build: docker build --build-arg COMMIT="$(git rev-parse HEAD)"
ARG COMMIT=""
RUN case "$TARGETARCH" in \
      amd64) target=bun-linux-x64 ;; \
      arm64) target=bun-linux-arm64 ;; \
      "") target="" ;; \
      *) echo "no Bun for $TARGETARCH" >&2; exit 1 ;; \
    esac \
    && SLUICE_COMMIT="$COMMIT" node boot.mjs build.ts ${target:+--target "$target"} --outfile /out/sluice \
    && mkdir -p /out/data

# glibc and nothing else is needed: certificates, SQLite and console are in the binary.
FROM debian:bookworm-slim
COPY --from=build --chmod=0555 /out/sluice /usr/local/bin/sluice
COPY --from=build --chmod=0700 --chown=10001:10001 /out/data /data
USER 10001:10001
WORKDIR /data
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/sluice", "health"]
ENTRYPOINT ["/usr/local/bin/sluice"]
