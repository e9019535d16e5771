"""The bare view with no middleware, as an application of its own: the server and Django alone."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.configure(
    ROOT_URLCONF="benchmarks.bare", ALLOWED_HOSTS=["*"], SECRET_KEY="floor", MIDDLEWARE=[]
)
application = get_wsgi_application()
