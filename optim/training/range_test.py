from __future__ import annotations

import numpy as np

from .callbacks import Callback
from .fit import fit
from .rehearsal import rehearsed_data, rehearsing


class _Enough(Exception): pass

class Sweep(Callback):
    def __init__(self, rates, beta):
        self.rates=rates; self.losses=[]; self.smoothed=[]; self.beta=beta; self.avg=0.0; self.best=float("inf")
    def on_train_begin(self, training):
        first = float(training.optimizer.param_groups[0]["lr"]) or 1.0
        self.shares=[float(g["lr"])/first if training.optimizer.param_groups[0]["lr"] else 1.0 for g in training.optimizer.param_groups]
        self.set(training,0)
    def set(self, training,k):
        for g,s in zip(training.optimizer.param_groups,self.shares): g["lr"]=self.rates[k]*s
    def on_step_end(self, training):
        self.losses.append(training.loss)
        self.avg=self.beta*self.avg+(1-self.beta)*training.loss
        self.smoothed.append(self.avg/(1-self.beta**len(self.losses)))
        self.best=min(self.best,self.smoothed[-1])
        if self.smoothed[-1]>self.best+3*max(abs(self.best),abs(self.smoothed[0]-self.best)) or len(self.losses)==len(self.rates): raise _Enough
        self.set(training,len(self.losses))

def lr_find(model,data,*,loss="auto",optimizer="adamw",batch_size=None,start=1e-7,end=10.,steps=100,beta=.9,seed=None,**o):
    rates=np.geomspace(start,end,steps).tolist()
    s=Sweep(rates,beta)
    with rehearsing(model,loss,optimizer):
        try: fit(model,rehearsed_data(data),loss=loss,optimizer=optimizer,batch_size=batch_size,epochs=steps,seed=seed,callbacks=s,**o)
        except _Enough: pass
    return s
