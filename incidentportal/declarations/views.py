"""stub"""
from django.http import HttpResponse
def new(request): return HttpResponse("x")
mine = detail = lambda request, pk=None: HttpResponse("x")
