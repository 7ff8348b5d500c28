# The page on the CPU:
#   docker build -t cxr-demo .
#   docker run --read-only --tmpfs /tmp -p 127.0.0.1:7860:7860 cxr-demo
FROM python:3.11-slim

WORKDIR /app
COPY requirements.lock pyproject.toml README.md LICENSE ./
COPY cxr_demo cxr_demo
# torch and torchvision come from PyTorch's own index of CPU builds, which has no 4 GB of CUDA with them.
RUN grep -E '^(torch|torchvision)==' requirements.lock > torch.lock \
 && pip install --no-cache-dir -r torch.lock --index-url https://download.pytorch.org/whl/cpu \
 && grep -v 'platform_system == "Linux"' requirements.lock > cpu.lock \
 && pip install --no-cache-dir -c cpu.lock ".[page]" \
 && rm -rf build ./*.lock
COPY app.py ./
COPY weights weights

# Nothing is written but to /tmp, which may be a tmpfs: uploads until they are read, and what was proved of the networks.
RUN useradd --no-create-home --uid 1000 host
USER 1000
ENV GRADIO_SERVER_NAME=0.0.0.0 CXR_CACHE=/tmp/cxr-demo HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:%s/healthz' % (os.environ.get('PORT') or os.environ.get('GRADIO_SERVER_PORT') or 7860)).read()"]
CMD ["python", "app.py"]
